-- Whose birthday is in June?
-- At most 1 request and 250 rows from the service.
select fullname, birthdate, parentcustomeridname as account
from contact
where extract(month from birthdate) = 6
order by extract(day from birthdate), fullname;

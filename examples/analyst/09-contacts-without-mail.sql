-- How many contacts have no e-mail address?
-- At most 1 request and 250 rows from the service.
select count(*) filter (where emailaddress1 is null) as without, count(*) as contacts
from contact;

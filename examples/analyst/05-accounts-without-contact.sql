-- Which accounts have nobody we could call?
-- At most 2 requests and 350 rows from the service.
select a.name, a.accountnumber
from account a
where not exists (select 1 from contact c where c.parentcustomerid = a.accountid)
order by a.accountnumber
limit 10;

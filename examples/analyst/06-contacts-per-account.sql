-- Which accounts have the most contacts?
-- At most 2 requests and 350 rows from the service.
select a.name, count(*) as contacts
from contact c
join account a on c.parentcustomerid = a.accountid
group by a.accountid, a.name
order by contacts desc, a.name
limit 5;

-- Which customers have the most cases per thousand employees?
-- At most 2 requests and 129 rows from the service.
select a.name, count(*) as cases, a.numberofemployees, round(1000.0 * count(*) / a.numberofemployees, 3) as per_thousand
from incident i
join account a on i.customerid = a.accountid
where a.numberofemployees > 0
group by a.accountid, a.name, a.numberofemployees
order by per_thousand desc, a.name
limit 5;

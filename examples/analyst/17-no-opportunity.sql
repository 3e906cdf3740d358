-- Which large accounts have no opportunity at all?
-- At most 2 requests and 145 rows from the service.
select name, revenue
from account
where revenue > 5000000
  and accountid not in (select customerid from opportunity where customerid is not null)
order by revenue desc
limit 10;

-- Which customers have an open high-priority case while we try to sell to them?
-- At most 3 requests and 120 rows from the service.
select distinct a.name
from account a
join incident i on i.customerid = a.accountid and i.statecodename = 'Active' and i.prioritycodename = 'High'
join opportunity o on o.customerid = a.accountid and o.statecodename = 'Open'
order by a.name
limit 10;

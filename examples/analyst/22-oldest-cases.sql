-- Which high-priority cases have waited longest?
-- At most 1 request and 5 rows from the service.
select ticketnumber, title, customeridname as customer, createdon::date as since
from incident
where prioritycodename = 'High' and statecodename = 'Active'
order by createdon
limit 5;

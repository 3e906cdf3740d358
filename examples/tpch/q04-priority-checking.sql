-- Q4: cases of one half-year, by priority, of customers that have a late task
-- At most 2 requests and 137 rows from the service.
select i.prioritycodename as priority, count(*) as cases
from incident i
where i.createdon >= '2025-01-01' and i.createdon < timestamp '2025-01-01' + interval '6 months'
  and exists (
    select 1 from task t
    where t.regardingobjectid = i.customerid and t.scheduledend < '2026-01-15'
  )
group by i.prioritycode, i.prioritycodename
order by i.prioritycode;

-- Which open tasks were due before 2026, and what are they about?
-- At most 1 request and 79 rows from the service.
select subject, scheduledend::date as due, regardingobjectidname as about, regardingobjectidtype as kind
from task
where statecodename = 'Open' and scheduledend < '2026-01-01'
order by scheduledend, subject
limit 8;

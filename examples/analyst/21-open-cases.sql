-- How many cases are open, by priority and origin?
-- At most 1 request and 9 rows from the service.
select prioritycodename as priority, caseorigincodename as origin, count(*) as cases
from incident
where statecodename = 'Active'
group by prioritycode, prioritycodename, caseorigincodename
order by prioritycode, cases desc, origin;

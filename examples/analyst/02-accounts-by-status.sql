-- How many accounts are active, and how many are not?
-- At most 1 request and 2 rows from the service.
select statecodename as status, count(*) as accounts
from account
group by statecodename
order by accounts desc;

-- Which names do several accounts share, but for case and accents?
-- At most 1 request and 100 rows from the service.
select lower(strip_accents(trim(name))) as name, count(*) as accounts
from account
group by 1
having count(*) > 1
order by accounts desc, 1;

-- Where do our leads come from, and how many became something?
-- At most 1 request and 40 rows from the service.
select leadsourcecodename as source, count(*) as leads,
  count(*) filter (where statecodename = 'Qualified') as qualified,
  count(*) filter (where statecodename = 'Disqualified') as disqualified
from lead
group by 1
order by leads desc, source
limit 6;

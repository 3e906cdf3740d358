-- What is the pipeline worth, by how probable the deals are?
-- At most 1 request and 79 rows from the service.
select closeprobability / 25 * 25 as from_percent, count(*) as opportunities, sum(estimatedvalue_base) as value
from opportunity
where statecodename = 'Open'
group by 1
order by 1;

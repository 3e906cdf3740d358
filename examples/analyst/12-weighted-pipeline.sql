-- And weighted by how probable each deal is?
-- At most 1 request and 79 rows from the service.
select round(sum(estimatedvalue_base * closeprobability / 100.0), 2) as weighted
from opportunity
where statecodename = 'Open';

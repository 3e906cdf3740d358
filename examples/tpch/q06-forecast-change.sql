-- Q6: what a year of deals between two probabilities would bring more
-- At most 1 request and 12 rows from the service.
select round(sum(estimatedvalue_base * closeprobability / 100), 2) as revenue, count(*) as deals
from opportunity
where createdon >= '2025-01-01' and createdon < '2026-01-01'
  and closeprobability between 40 and 60
  and estimatedvalue < 1000000;

-- Q1: sums, averages and counts of deals by status, of those expected by a day
-- At most 1 request and 120 rows from the service.
select statuscodename as status,
  sum(closeprobability) as sum_probability, sum(estimatedvalue_base) as sum_value,
  round(sum(estimatedvalue_base * (100 - closeprobability) / 100), 2) as sum_at_risk,
  round(avg(closeprobability), 2) as avg_probability, round(avg(estimatedvalue_base), 2) as avg_value, count(*) as deals
from opportunity
where estimatedclosedate <= date '2026-08-01' - interval '30 days'
group by statuscodename
order by status;

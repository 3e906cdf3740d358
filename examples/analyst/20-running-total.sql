-- How does the pipeline grow, quarter by quarter?
-- At most 1 request and 120 rows from the service.
with quarters as (
  select date_trunc('quarter', createdon)::date as quarter, sum(estimatedvalue_base) as value
  from opportunity
  group by 1
)
select quarter, value, sum(value) over (order by quarter) as so_far
from quarters
order by quarter;

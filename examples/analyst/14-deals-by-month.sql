-- How many deals are expected in each month, and worth what?
-- At most 1 request and 120 rows from the service.
select date_trunc('month', estimatedclosedate)::date as month, count(*) as deals, sum(estimatedvalue_base) as value
from opportunity
where estimatedclosedate is not null
group by 1
order by 1;

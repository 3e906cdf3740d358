-- In which countries are our accounts, and what do they earn together?
-- At most 1 request and 100 rows from the service.
select address1_country as country, count(*) as accounts, sum(revenue) as revenue
from account
group by address1_country
order by accounts desc, country
limit 8;

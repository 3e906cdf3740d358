-- Which ten accounts have the most revenue, and in which industry?
-- At most 1 request and 10 rows from the service.
select name, industrycodename as industry, revenue
from account
where revenue is not null
order by revenue desc
limit 10;

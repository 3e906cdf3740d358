-- Which five big deals are expected to close first?
-- At most 1 request and 5 rows from the service.
select name, estimatedclosedate, estimatedvalue, transactioncurrencyidname as currency
from opportunity
where statecodename = 'Open' and estimatedvalue_base > 400000 and estimatedclosedate is not null
order by estimatedclosedate, createdon
limit 5;

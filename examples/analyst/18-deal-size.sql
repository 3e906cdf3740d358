-- What is the smallest, the largest, the average and the median deal?
-- At most 1 request and 120 rows from the service.
select min(estimatedvalue_base) as smallest, max(estimatedvalue_base) as largest,
  round(avg(estimatedvalue_base), 2) as average, median(estimatedvalue_base) as median
from opportunity;

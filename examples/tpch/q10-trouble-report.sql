-- Q10: the customers that cancelled most, with address and contact
-- At most 2 requests and 24 rows from the service.
select a.name, a.address1_city as city, a.address1_country as country, a.primarycontactidname as contact,
  sum(o.estimatedvalue_base) as cancelled
from account a
join opportunity o on o.customerid = a.accountid
where o.statuscodename = 'Canceled' and o.createdon >= '2024-06-01' and o.createdon < '2025-10-01'
group by a.accountid, a.name, a.address1_city, a.address1_country, a.primarycontactidname
order by cancelled desc
limit 20;

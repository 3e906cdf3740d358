/** systemuserid of the person who owns everything that was seeded (the first user of the directory). */
export const SEED_USER = 'd0000000-0000-4000-8000-000000000001'

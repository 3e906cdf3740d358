/** Time zone codes by their standard name, as the service numbers them. */

const CODES: Readonly<Record<string, number>> = {
  'Dateline Standard Time': 0,
  'Samoa Standard Time': 1,
  'Hawaiian Standard Time': 2,
  'Alaskan Standard Time': 3,
  'Pacific Standard Time': 4,
  'Mountain Standard Time': 10,
  'US Mountain Standard Time': 15,
  'Central Standard Time': 20,
  'Canada Central Standard Time': 25,
  'Eastern Standard Time': 35,
  'US Eastern Standard Time': 40,
  'Atlantic Standard Time': 50,
  'GMT Standard Time': 85,
  'Greenwich Standard Time': 90,
  UTC: 92,
  'W. Europe Standard Time': 110,
  'Romance Standard Time': 105,
  'Central European Standard Time': 100,
  'Central Europe Standard Time': 95,
  'Tokyo Standard Time': 235,
}

/** Undefined for a name that is not in the list. */
export function timeZoneCode(standardName: string): number | undefined {
  return CODES[standardName]
}

import { dotError } from "../../math/kernels/kernels.ts";

/**
 * |dot - exact| <= this times both lengths, for a dot product of the kernels between rows of singles and a query
 * rounded to singles, divided by the query's rough length computed from those: its square is off by `dotError`.
 */
export const productError = 1.5 * dotError + 2 ** -22;

/** Relative, for what is computed in double precision after it. */
export const slack = 1e-11;

/** Squared lengths beyond these lose digits, or overflow, as singles. */
const [least, most] = [1e-20, 1e20];

/** Whether singles hold a query of this squared length well enough for the bounds; false for NaN. */
export const fitsSingles = (squared: number): boolean => squared > least && squared < most;

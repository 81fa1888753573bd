// What the comments of the other scripts mean by a name.

/**
 * A packed column, as `analysis.viewer.packing` tells it.
 * @typedef {{size: number, bytes: number, delta: boolean}} Packed
 *
 * A trait: values from low (code 1) to high (code 65535), on a log10 scale if `log`; colours change between from and to.
 * @typedef {{name: string, label: string, log: boolean, better: number, low: number, high: number, from: number,
 *   to: number, bands: [number, number]}} Trait
 *
 * Marks by generation of ids and ancestors, and of whole births: equal where the generations are.
 * @typedef {{born: string[], lived: string[]}} Marks
 *
 * A run.
 * @typedef {{name: string, path: string, status: string, first: number, births: number, islands: number,
 *   causes: string[], task: boolean, floor: number | null, traits: Trait[], blocks: Record<string, Packed>, marks?: Marks}} Head
 *
 * @typedef {{groups: string[], light: string[], dark: string[]}} Palette
 * @typedef {Uint8Array | Uint16Array | Uint32Array} Codes
 *
 * What is in view: generations from x0 to x1, heights from y0 (top) to y1; the whole height is 0 to 1.
 * @typedef {{x0: number, x1: number, y0: number, y1: number}} View
 *
 * Heights of all rows; rows of each generation from top to bottom, or null where that is their own order.
 * @typedef {{y: Float32Array, order: Int32Array | null}} Layout
 *
 * A colour for each row: shade 0 is none; of a scale 1 to 255 are its places, of groups their numbers.
 * @typedef {{shade: Uint8Array, table: Uint8Array, grouped: boolean, legend: Legend}} Colouring
 * @typedef {{title: string, ends: [string, string] | null, entries: [string, string][]}} Legend
 *
 * Cells of a picture, column by column from the top: how many births, and the shade of each.
 * @typedef {{columns: number, rows: number, count: Uint32Array, shade: Uint8Array, most: number, total: number}} Cells
 *
 * What is drawn: lines are x, y, x, y in CSS pixels, points x, y; colours four bytes a line or point.
 * @typedef {{cells: Cells | null, box: [number, number, number, number], lines: Float32Array, points: Float32Array,
 *   colours: Uint8Array, size: number, inView: number, pixels: Uint8Array}} Scene
 *
 * @typedef {{ink: string, faint: string, line: string, paper: string, blue: string, dark: boolean}} Look
 */

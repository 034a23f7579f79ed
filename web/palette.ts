import type { OwnerName } from './protocol.js';

export type ThemeName = 'light' | 'dark';
/** Red, green, blue, 0–255. */
export type Rgb = readonly [number, number, number];

export interface Palette {
  background: Rgb;
  text: Rgb;
  dim: Rgb;
  faint: Rgb;
  alarm: Rgb;
  chart: Rgb;
  owners: Record<OwnerName, Rgb>;
}

// The owners' hues are Okabe and Ito's set, chosen so that the common kinds of colour blindness keep them apart.
const OWNER_HUES = {
  'rx-ring': [0, 114, 178],
  'tx-ring': [0, 158, 115],
  'so-snd': [230, 159, 0],
  'so-rcv': [240, 228, 66],
  'ip-input': [86, 180, 233],
  'if-queue': [204, 121, 167],
  reassembly: [213, 94, 0],
  other: [140, 140, 140],
} as const;

export const PALETTES: Record<ThemeName, Palette> = {
  light: {
    background: [253, 253, 251],
    text: [28, 33, 38],
    dim: [92, 101, 110],
    faint: [200, 205, 208],
    alarm: [178, 48, 0],
    chart: [64, 112, 150],
    owners: { ...OWNER_HUES, free: [229, 232, 232] },
  },
  dark: {
    background: [16, 20, 24],
    text: [214, 220, 226],
    dim: [139, 149, 160],
    faint: [58, 67, 76],
    alarm: [255, 122, 69],
    chart: [110, 170, 214],
    owners: { ...OWNER_HUES, free: [36, 43, 50] },
  },
};

/** Colours of an xterm.js terminal for a theme; the sixteen ANSI colours are set so that they are legible on its ground. */
export function terminalTheme(theme: ThemeName): Record<string, string> {
  const p = PALETTES[theme];
  const ansi =
    theme === 'light'
      ? ['#1c2126', '#b23000', '#1f7a4d', '#8a6100', '#1e5fa8', '#8c3f78', '#0f7285', '#5c656e']
      : ['#3a434c', '#ff7a45', '#58c08a', '#e0b13a', '#6eaad6', '#d58ab8', '#5cc3d0', '#d6dce2'];
  const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
  const colours: Record<string, string> = {
    background: css(p.background),
    foreground: css(p.text),
    cursor: css(p.text),
    cursorAccent: css(p.background),
    selectionBackground: theme === 'light' ? '#bcd6ee' : '#2f4f6b',
  };
  names.forEach((name, i) => {
    const colour = ansi[i] ?? css(p.text);
    colours[name] = colour;
    colours[`bright${name.charAt(0).toUpperCase()}${name.slice(1)}`] = colour;
  });
  return colours;
}

/** A colour in CSS notation. */
export function css([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}

/** Black or white, whichever reads better on the colour. */
export function inkOn([r, g, b]: Rgb): Rgb {
  // Rec. 709 weights; at a luminance of 0.18 black and white ink contrast equally.
  const luminance = (0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2) / 255 ** 2.2;
  return luminance > 0.18 ? [0, 0, 0] : [255, 255, 255];
}

import { type ReactNode, useEffect, useRef } from 'react';
import { useColours } from '../data/settings.ts';
import { placeOf, type Scale, type View } from './scale.ts';
import { endAt, FAILED, type Tree } from './tree.ts';

const HEIGHT = 36;
/** More nodes than this are drawn as a sample. */
const MOST = 5000;

/** The whole run in one strip, and the part of it that is shown; a click or drag moves that part. */
export function Minimap({
  tree,
  scale,
  view,
  onView,
  now,
}: {
  tree: Tree;
  scale: Scale;
  view: View;
  onView: (view: View) => void;
  now: number;
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const style = getComputedStyle(element);
    const width = (element.width = element.clientWidth * devicePixelRatio);
    const height = (element.height = HEIGHT * devicePixelRatio);
    const step = Math.max(1, Math.ceil(tree.size / MOST));
    const draw = (at: number): void => {
      const left = placeOf(scale, tree.start[at] ?? 0) * width;
      const right = placeOf(scale, endAt(tree, at, now)) * width;
      context.fillRect(left, (at / tree.size) * height, Math.max(1, right - left), Math.max(1, height / tree.size));
    };
    context.fillStyle = style.getPropertyValue('--bar');
    for (let at = 0; at < tree.size; at += step) draw(at);
    context.fillStyle = style.getPropertyValue('--failed');
    for (let at = 0; at < tree.size; at++) if (tree.status[at] === FAILED) draw(at);
  }, [tree, scale, colours, Math.floor(now / 5000)]);
  const move = (event: React.PointerEvent<HTMLElement>): void => {
    if (event.buttons !== 1) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const place = (event.clientX - left) / width;
    const half = view.to - view.from < 1 ? (view.to - view.from) / 2 : 0.1;
    const from = Math.min(Math.max(0, place - half), 1 - half * 2);
    onView({ from, to: from + half * 2 });
  };
  return (
    <div
      className="minimap"
      aria-hidden="true"
      onPointerDown={move}
      onPointerMove={move}
      onDoubleClick={() => onView({ from: 0, to: 1 })}
    >
      <canvas ref={canvas} />
      <span
        className="shown"
        style={{ insetInlineStart: `${view.from * 100}%`, inlineSize: `${(view.to - view.from) * 100}%` }}
      />
    </div>
  );
}

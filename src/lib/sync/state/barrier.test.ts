import { expect, it } from 'vitest';
import { createCrowd, type Visitor } from './barrier.ts';

const told: string[] = [];
const waits = (name: string, visitor: Visitor) => void visitor.othersDone().then(() => told.push(name));
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('whoever waits for the others goes on when all of them have left, or wait too', async () => {
  const crowd = createCrowd();
  const [ada, bea, cy, other] = [crowd.enter('x'), crowd.enter('x'), crowd.enter('x'), crowd.enter('y')];
  waits('ada', ada);
  waits('other', other);
  await settled();
  expect(told).toEqual(['other']);
  bea.leave();
  bea.leave();
  waits('cy', cy);
  await settled();
  expect(told).toEqual(['other', 'ada', 'cy']);
  // Busy again: another wait lasts until the other one has left.
  waits('ada again', ada);
  await settled();
  expect(told).toHaveLength(3);
  cy.leave();
  await settled();
  expect(told).toEqual(['other', 'ada', 'cy', 'ada again']);
});

import { expect, it } from 'vitest';
import { createBarrier, type Participant } from './barrier.ts';

const told: string[] = [];
const waits = (name: string, participant: Participant) => void participant.othersDone().then(() => told.push(name));
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('a waiting task continues when all others have left or wait too', async () => {
  const barrier = createBarrier();
  const [ada, bea, cy, other] = [barrier.enter('x'), barrier.enter('x'), barrier.enter('x'), barrier.enter('y')];
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

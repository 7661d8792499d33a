// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A Java program whose garbage collections a lesson follows: its words say how
// many young ones it waits for, and what each full one finds.
// extra-jvm.sh compiles it. Knows no tracer.

import java.lang.ref.WeakReference;

public final class Garbage {
	private static final int KIB = 1024;

	/** Let go of before it is to be found. */
	private static byte[] garbage;

	/** Held to the end. */
	private static byte[] kept;

	private Garbage() {}

	/** `young COUNT`, `throw KIB` and `keep KIB`, in any order and number. */
	public static void main(String[] words) {
		for (int at = 0; at + 1 < words.length; at += 2) {
			int number = Integer.parseInt(words[at + 1]);
			switch (words[at]) {
			case "young" -> young(number);
			case "throw" -> throwAway(number);
			case "keep" -> keep(number);
			default -> throw new IllegalArgumentException(words[at]);
			}
		}
		System.out.println("process " + ProcessHandle.current().pid() + " did: " + String.join(" ", words));
	}

	/** Makes short-lived objects until that many collections have taken one. */
	private static void young(int count) {
		for (int seen = 0; seen < count; seen++) {
			WeakReference<Object> one = new WeakReference<>(new Object());
			while (one.get() != null) {
				garbage = new byte[4 * KIB];
			}
		}
		garbage = null;
	}

	/** A full collection that finds so much garbage. */
	private static void throwAway(int kib) {
		garbage = new byte[kib * KIB];
		garbage = null;
		System.gc();
	}

	/** A full collection that finds as much, and has to keep it. */
	private static void keep(int kib) {
		kept = new byte[kib * KIB];
		System.gc();
	}
}

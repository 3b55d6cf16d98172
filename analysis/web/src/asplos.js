// K. Adams and O. Agesen, "A Comparison of Software and Hardware Techniques for x86 Virtualization", ASPLOS 2006,
// figure 5: cycles of one operation on the bare machine, under a software VMM (binary translation, shadow tables
// with traces), and under a hardware-assisted one (shadow tables too), of a Pentium 4 with the first generation of
// that hardware. forkwait is in seconds, of 40,000 of them.
export const SOURCE = "Adams and Agesen, ASPLOS 2006";
export const FIGURES = {
    ptemod: { what: "page-table modification", native: 1, software: 391, hardware: 12733 },
    pgfault: { what: "page fault that the guest handles", native: 1093, software: 3927, hardware: 11242 },
    divzero: { what: "fault without the MMU (division by zero)", native: 889, software: 3223, hardware: 1014 },
    forkwait: { what: "fork and wait", native: 6.0, software: 36.9, hardware: 106.4 }
};

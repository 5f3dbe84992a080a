//go:build !purego

#include "textflag.h"

// func hasAES() bool
TEXT ·hasAES(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $25, CX
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET

// func substitute(word uint32) uint32
TEXT ·substitute(SB), NOSPLIT, $0-12
	MOVL            word+0(FP), AX
	MOVL            AX, X0
	PSHUFD          $0, X0, X0
	AESKEYGENASSIST $0, X0, X1
	MOVL            X1, AX
	MOVL            AX, ret+8(FP)
	RET

// func invert(key *[4]uint32)
TEXT ·invert(SB), NOSPLIT, $0-8
	MOVQ   key+0(FP), AX
	MOVOU  (AX), X0
	AESIMC X0, X0
	MOVOU  X0, (AX)
	RET

#define EACH(instruction) \
	instruction X8, X0 \
	instruction X8, X1 \
	instruction X8, X2 \
	instruction X8, X3 \
	instruction X8, X4 \
	instruction X8, X5 \
	instruction X8, X6 \
	instruction X8, X7

// func decryptBlocks(keys *[4]uint32, rounds int, iv, dst, src *byte, blocks int)
//
// AX first round key, BX last, CX current; X9 what was encrypted before, or the vector.
TEXT ·decryptBlocks(SB), NOSPLIT, $0-48
	MOVQ  keys+0(FP), AX
	MOVQ  rounds+8(FP), BX
	MOVQ  iv+16(FP), CX
	MOVQ  dst+24(FP), DI
	MOVQ  src+32(FP), SI
	MOVQ  blocks+40(FP), DX
	MOVOU (CX), X9
	SHLQ  $4, BX
	ADDQ  AX, BX

eight:
	SUBQ  $8, DX
	JLT   few
	MOVOU 0(SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	MOVOU 64(SI), X4
	MOVOU 80(SI), X5
	MOVOU 96(SI), X6
	MOVOU 112(SI), X7
	MOVOU (AX), X8
	EACH(PXOR)
	LEAQ  16(AX), CX

round:
	MOVOU (CX), X8
	EACH(AESDEC)
	ADDQ  $16, CX
	CMPQ  CX, BX
	JNE   round
	MOVOU (BX), X8
	EACH(AESDECLAST)

	// All of it is read before any is written: dst may be src.
	PXOR  X9, X0
	MOVOU 0(SI), X9
	PXOR  X9, X1
	MOVOU 16(SI), X9
	PXOR  X9, X2
	MOVOU 32(SI), X9
	PXOR  X9, X3
	MOVOU 48(SI), X9
	PXOR  X9, X4
	MOVOU 64(SI), X9
	PXOR  X9, X5
	MOVOU 80(SI), X9
	PXOR  X9, X6
	MOVOU 96(SI), X9
	PXOR  X9, X7
	MOVOU 112(SI), X9
	MOVOU X0, 0(DI)
	MOVOU X1, 16(DI)
	MOVOU X2, 32(DI)
	MOVOU X3, 48(DI)
	MOVOU X4, 64(DI)
	MOVOU X5, 80(DI)
	MOVOU X6, 96(DI)
	MOVOU X7, 112(DI)
	ADDQ  $128, SI
	ADDQ  $128, DI
	JMP   eight

few:
	ADDQ $8, DX
	JEQ  done

one:
	MOVOU (SI), X1
	MOVOU X1, X0
	MOVOU (AX), X8
	PXOR  X8, X0
	LEAQ  16(AX), CX

roundOfOne:
	MOVOU      (CX), X8
	AESDEC     X8, X0
	ADDQ       $16, CX
	CMPQ       CX, BX
	JNE        roundOfOne
	MOVOU      (BX), X8
	AESDECLAST X8, X0
	PXOR       X9, X0
	MOVOU      X1, X9
	MOVOU      X0, (DI)
	ADDQ       $16, SI
	ADDQ       $16, DI
	DECQ       DX
	JNE        one

done:
	RET

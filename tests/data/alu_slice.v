// Two bits of an arithmetic and logic unit: add, subtract, AND, compare.
module alu_slice (
    input      [1:0] a,
    input      [1:0] b,
    input      [1:0] op,
    input            carry_in,
    output reg [1:0] y,
    output           carry_out
);
  wire [2:0] sum = op[0] ? a - b - carry_in : a + b + carry_in;

  always @* begin
    case (op)
      2'd0, 2'd1: y = sum[1:0];
      2'd2: y = a & b;
      2'd3: y = {1'b0, a < b};
    endcase
  end

  assign carry_out = ~op[1] & sum[2];
endmodule

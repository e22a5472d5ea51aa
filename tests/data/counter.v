// Sequential: a register, a latch and a memory.
module counter (
    input            clk,
    input            enable,
    input      [1:0] address,
    output reg [1:0] count,
    output reg       held,
    output     [1:0] word
);
  reg [1:0] store[0:3];

  always @(posedge clk) count <= count + 1;

  always @* if (enable) held = address[0];

  always @(posedge clk) store[address] <= count;
  assign word = store[address];
endmodule

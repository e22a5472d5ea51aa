// Primitive gates, an instance, and names that other formats cannot hold.
module gates (
    a, b, \c+1 , y, \and , \../../etc
);
  input a, b;
  input \c+1 ;
  output y, \and , \../../etc ;
  wire w, \bus[3] ;

  nand g1 (w, a, b, \c+1 );
  xor g2 (\bus[3] , a, \c+1 );
  nor g3 (y, w, \bus[3] );
  half h (.p(a), .q(b), .carry(\and ));
  not g4 (\../../etc , w);
endmodule

module half (input p, q, output carry);
  and g (carry, p, q);
endmodule

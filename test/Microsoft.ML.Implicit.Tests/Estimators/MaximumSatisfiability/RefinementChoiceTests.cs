using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.MaximumSatisfiability;

[TestClass]
public sealed class RefinementChoiceTests
{
    private const int Rows = 100;
    private const int Bits = 6;

    [TestMethod]
    [DataRow(0, 1.0, 0, DisplayName = "one solve completes all rows")]
    [DataRow(4, 1.0, 4, DisplayName = "four rounds complete all rows")]
    [DataRow(16, 0.5, 16, DisplayName = "sixteen rounds complete half of the rows")]
    [DataRow(16, 0.0, 0, DisplayName = "nothing completes a row")]
    public void The_fewest_rounds_are_chosen_that_complete_as_many_rows_as_any(int needed, double share, int expected)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        Tensor bits = rand(Rows, Bits, generator: generator).round();
        var rows = new BitSet(bits, zeros(Rows, Bits, ScalarType.Bool), ones(Rows));
        Assert.AreEqual(expected, RefinementChoice.Find(rows, Complete));

        // A row is completed where its first bit is as expected.
        Tensor Complete(Tensor given, Tensor isKnown, int rounds)
        {
            Tensor isRight = rounds >= needed ? arange(given.shape[0]).remainder(10).lt(10 * share) : zeros(given.shape[0], ScalarType.Bool);
            return where(isRight.unsqueeze(1), given, 1 - given);
        }
    }

    [TestMethod]
    public void A_gain_within_the_standard_error_is_not_paid_for()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor bits = zeros(Rows, Bits);
        var rows = new BitSet(bits, zeros(Rows, Bits, ScalarType.Bool), ones(Rows));
        int first = 0;
        Assert.AreEqual(4, RefinementChoice.Find(rows, (given, _, rounds) =>
        {
            first = first >= Rows ? 0 : first;
            long wrong = rounds switch { 0 => 40, 4 => 10, _ => 9 };
            Tensor isWrong = arange(first, first + given.shape[0]).lt(wrong);
            first += (int)given.shape[0];
            return where(isWrong.unsqueeze(1), 1 - given, given);
        }));
    }
}

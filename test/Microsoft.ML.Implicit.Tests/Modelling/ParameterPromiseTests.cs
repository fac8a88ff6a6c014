using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

[TestClass]
public sealed class ParameterPromiseTests
{
    [TestMethod]
    [DataRow(Sign.Nonnegative, -1.0, "The parameter 'c' holds -1, and was promised to be nonnegative.")]
    [DataRow(Sign.Nonpositive, 2.0, "The parameter 'c' holds 2, and was promised to be nonpositive.")]
    [DataRow(Sign.Unknown, double.NaN, "The parameter 'c' holds NaN.")]
    [DataRow(Sign.Nonnegative, double.PositiveInfinity, "The parameter 'c' holds Infinity.")]
    public void A_value_that_breaks_its_promise_is_refused_in_its_row_alone(Sign sign, double value, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Parameter c) = (new Variable("x"), new Parameter("c", sign: sign));
        double good = sign == Sign.Nonpositive ? -1 : 1;

        // In a constraint, in costs, and in what does not depend on variables.
        ConvexProgram[] programs =
        [
            ConvexProgram.Minimize(SumSquares(x - 5), (c * (sign == Sign.Nonpositive ? -1 : 1) * (sign == Sign.Unknown ? x : Abs(x))) + (2 * x) <= 0),
            ConvexProgram.Minimize(SumSquares(x) + (c * x)),
            ConvexProgram.Minimize(SumSquares(x) + c),
        ];
        foreach (ConvexProgram program in programs)
        {
            var values = new Dictionary<Parameter, Tensor> { [c] = tensor(new[] { good, value, 0 }) };
            ProgramSolution solution = program.Solve(values, throwOnFailure: false);
            CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Converged }, solution.Status.ToArray());
            Assert.AreEqual(message, solution.Describe(1));
            Assert.IsTrue(double.IsNaN(solution[x][1].item<double>()) && double.IsNaN(solution.Objective[1].item<double>()));
            SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => program.Solve(values));
            Assert.AreEqual($"Row 1 of the program: {message}", exception.Message);
        }
    }
}

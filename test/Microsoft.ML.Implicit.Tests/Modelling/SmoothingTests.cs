using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Sums of squares of errors and of bends (Hodrick and Prescott, 1997).</summary>
[TestClass]
public sealed class SmoothingTests
{
    [TestMethod]
    [DataRow(1e5)]
    [DataRow(1e7)]
    [DataRow(1e8)]
    public void The_objective_has_its_digits_far_from_zero(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        double near = Objective(0), far = Objective(offset);
        Assert.AreEqual(11.379, near, 1e-3);
        Assert.AreEqual(near, far, 1e-6 * near);

        double Objective(double shift) => Smooth(30, 1600, shift).Solve(new Dictionary<Parameter, Tensor>()).Objective.item<double>();
    }

    [TestMethod]
    public void Weights_that_are_parameters_have_the_gradients_of_their_squares_far_from_zero()
    {
        using DisposeScope scope = NewDisposeScope();
        var weight = new Parameter("weight", sign: Sign.Nonnegative);
        var x = new Variable("x", 30);
        ConvexProgram program = ConvexProgram.Minimize(SumSquares(x - Values(30, 1e7)) + (weight * SumSquares(Bends(x, 30))));
        Tensor value = tensor(10.0).requires_grad_(true);
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [weight] = value });
        ImplicitBackward.Run(() => solution.Objective.sum().backward());

        // At the optimum the weight's square alone counts.
        double[] points = solution[x].ReadDoubles();
        double bends = Enumerable.Range(0, 28).Sum(i => Math.Pow(points[i + 2] - (2 * points[i + 1]) + points[i], 2));
        Assert.AreEqual(bends, value.grad!.item<double>(), 1e-5 * bends);
    }

    [TestMethod]
    public void Squares_without_constraints_are_factored_along_their_entries()
    {
        using DisposeScope scope = NewDisposeScope();
        ConvexProgram program = Smooth(400, 100, 0);
        var data = new ConeData(program.Compiled.Apply(zeros(1, 0, ScalarType.Float64)), null);
        Assert.IsNotNull(data.Layout);
        Assert.AreEqual(SolveStatus.Converged, program.Solve(new Dictionary<Parameter, Tensor>()).Status[0]);
    }

    private static ConvexProgram Smooth(int count, double weight, double shift)
    {
        var x = new Variable("x", count);
        return ConvexProgram.Minimize(SumSquares(x - Values(count, shift)) + (weight * SumSquares(Bends(x, count))));
    }

    private static double[] Values(int count, double shift) => [.. Enumerable.Range(0, count).Select(i => shift + Math.Sin(0.3 * i) + (0.3 * Math.Sin(i * i)))];

    private static Expression Bends(Variable x, int count) => x.Slice(2, count - 2) - (2 * x.Slice(1, count - 2)) + x.Slice(0, count - 2);
}

using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

/// <summary>Root mean square errors of ten thousand paths at the end of [0, 1], against a solution in short steps on the same paths.</summary>
[TestClass]
public sealed class StrongOrderTests
{
    private const int Rows = 10_000;

    private static readonly Dictionary<string, (BrownianPath Path, Tensor End)> References = [];

    public static IEnumerable<object[]> Cases =>
    [
        [SdeMethods.EulerMaruyama, "scalar", StochasticCalculus.Ito, 0.5],
        [SdeMethods.EulerMaruyama, "diagonal", StochasticCalculus.Ito, 0.5],
        [SdeMethods.EulerMaruyama, "general", StochasticCalculus.Ito, 0.5],
        [SdeMethods.EulerMaruyama, "additive", StochasticCalculus.Ito, 1.0],
        [SdeMethods.Heun, "scalar", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Heun, "diagonal", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Heun, "general", StochasticCalculus.Stratonovich, 0.5],
        [SdeMethods.Heun, "additive", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Milstein, "scalar", StochasticCalculus.Ito, 1.0],
        [SdeMethods.Milstein, "scalar", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Milstein, "diagonal", StochasticCalculus.Ito, 1.0],
        [SdeMethods.Milstein, "diagonal", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Milstein, "additive", StochasticCalculus.Ito, 1.0],
        [SdeMethods.DerivativeFreeMilstein, "scalar", StochasticCalculus.Ito, 1.0],
        [SdeMethods.DerivativeFreeMilstein, "scalar", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.DerivativeFreeMilstein, "diagonal", StochasticCalculus.Ito, 1.0],
        [SdeMethods.DerivativeFreeMilstein, "diagonal", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.DerivativeFreeMilstein, "additive", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.Sra1, "additive", StochasticCalculus.Ito, 1.5],
        [SdeMethods.Shark, "additive", StochasticCalculus.Stratonovich, 1.5],
        [SdeMethods.SlowRk, "scalar", StochasticCalculus.Stratonovich, 1.5],
        [SdeMethods.SlowRk, "diagonal", StochasticCalculus.Stratonovich, 1.5],
        [SdeMethods.SlowRk, "additive", StochasticCalculus.Stratonovich, 1.5],
        [SdeMethods.SlowRk, "general", StochasticCalculus.Stratonovich, 0.5],
        [SdeMethods.ReversibleHeun, "scalar", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.ReversibleHeun, "diagonal", StochasticCalculus.Stratonovich, 1.0],
        [SdeMethods.ReversibleHeun, "general", StochasticCalculus.Stratonovich, 0.5],
        [SdeMethods.ReversibleHeun, "additive", StochasticCalculus.Stratonovich, 1.0],
    ];

    [TestMethod]
    [DataRow("scalar")]
    [DataRow("diagonal")]
    public void The_Stratonovich_form_of_an_Ito_equation_has_its_solutions(string noise)
    {
        using DisposeScope scope = NewDisposeScope();
        (BrownianPath path, Tensor reference) = Reference(noise);
        var equation = new StratonovichForm(NonlinearEquations.Create(noise, StochasticCalculus.Ito));
        Tensor same = Solve(NonlinearEquations.Create(noise, StochasticCalculus.Stratonovich), SdeMethods.Heun, path, 32);
        Assert.IsLessThan(1e-12, (Solve(equation, SdeMethods.Heun, path, 32) - same).abs().max().item<double>());
        Assert.IsLessThan(0.1, (same - reference).pow(2).sum(1).mean().sqrt().item<double>());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Errors_fall_with_the_step_to_the_power_of_the_strong_order(SdeMethod method, string noise, StochasticCalculus calculus, double order)
    {
        using DisposeScope scope = NewDisposeScope();
        StochasticEquation equation = NonlinearEquations.Create(noise, calculus);
        Assert.AreEqual(order, method.StrongOrder(equation)!.Value);
        (BrownianPath path, Tensor reference) = Reference(noise);
        int[] steps = [32, 64, 128];
        double[] errors = [.. steps.Select(n => (Solve(equation, method, path, n) - reference).pow(2).sum(1).mean().sqrt().item<double>())];
        double slope = Math.Log2(errors[0] / errors[^1]) / Math.Log2(steps[^1] / steps[0]);
        Assert.AreEqual(order, slope, 0.15, $"{method}, {noise} noise: errors {string.Join(", ", errors.Select(e => e.ToString("E3")))}");
    }

    [ClassCleanup]
    public static void DisposeReferences()
    {
        foreach ((_, Tensor end) in References.Values)
        {
            end.Dispose();
        }
    }

    // In Stratonovich's calculus, by the method of the highest order: the Itô equations must have the same solutions.
    private static (BrownianPath Path, Tensor End) Reference(string noise)
    {
        lock (References)
        {
            if (!References.TryGetValue(noise, out (BrownianPath Path, Tensor End) found))
            {
                var path = new BrownianPath(BrownianPath.Seeds(7, Rows), NonlinearEquations.Channels(noise), 0, 1);
                StochasticEquation equation = NonlinearEquations.Create(noise, StochasticCalculus.Stratonovich);
                Tensor end = equation.IsCommutative ? Solve(equation, SdeMethods.SlowRk, path, 512) : Solve(equation, SdeMethods.Heun, path, 2048);
                References[noise] = found = (path, end.DetachFromDisposeScope());
            }

            return found;
        }
    }

    private static Tensor Solve(StochasticEquation equation, SdeMethod method, BrownianPath path, int steps)
    {
        Tensor start = tensor(new[] { 0.5, -0.2 }).expand(path.Rows, 2);
        var options = new SdeOptions { Method = method, StepControl = new FixedStepControl(1.0 / steps) };
        using SdeSolution solution = SdeSolver.Solve(equation, start, [0, 1], path, options);
        Assert.IsTrue(solution.Converged);
        return solution.States[1].clone();
    }
}

using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

[TestClass]
public sealed class StiffProblemTests
{
    private static readonly OdeOptions Implicit = new()
    {
        Method = OdeMethods.Kvaerno5,
        StepControl = new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 },
    };

    [TestMethod]
    public void Van_der_Pols_oscillator_with_mu_5_matches_the_reference()
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("ode_vanderpol");
        OdeOptions options = Implicit with { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };
        using OdeSolution solution = OdeSolver.Solve(VanDerPol(5), golden["y"][0].unsqueeze(0), golden["t"].data<double>().ToArray(), options);
        golden.AssertMatches("y", solution.States.squeeze(1), 1e-5);
    }

    [TestMethod]
    public void Van_der_Pols_oscillator_with_mu_1000_takes_few_steps()
    {
        // On the slow branch y' = y / (mu (1 - y²)), whose solution satisfies ln y - y²/2 = ln 2 - 2 + t/mu up to 1/mu².
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[,] { { 2.0, -2.0 / 3000 } });
        using OdeSolution solution = OdeSolver.Solve(VanDerPol(1000), start, [0, 300, 600], Implicit);
        Assert.IsTrue(solution.Converged);
        Assert.IsLessThan(200, solution.Statistics.AcceptedSteps);
        for (int k = 1; k < 3; k++)
        {
            double y = solution.States[k, 0, 0].item<double>();
            Assert.AreEqual(Math.Log(2) - 2 + (0.3 * k), Math.Log(y) - (y * y / 2), 1e-5);
        }

        using OdeSolution explicitly = OdeSolver.Solve(VanDerPol(1000), start, [0, 300, 600], new OdeOptions { MaximumSteps = 2000 });
        Assert.AreEqual(SolveStatus.MaximumIterations, explicitly.Status[0]);
    }

    [TestMethod]
    public void Robertsons_reaction_conserves_mass_over_long_times()
    {
        using DisposeScope scope = NewDisposeScope();
        var robertson = new FunctionTerm((_, y) =>
        {
            (Tensor a, Tensor b, Tensor c) = (y.select(1, 0), y.select(1, 1), y.select(1, 2));
            Tensor slow = 0.04 * a;
            Tensor fast = 1e4 * b * c;
            Tensor faster = 3e7 * b.square();
            return stack([fast - slow, slow - fast - faster, faster], 1);
        });
        OdeOptions options = Implicit with { StepControl = new PiStepControl { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-10 } };
        using OdeSolution solution = OdeSolver.Solve(robertson, tensor(new[,] { { 1.0, 0, 0 } }), [0, 40, 4000], options);
        Assert.IsTrue(solution.Converged);
        Assert.AreEqual(1.0, solution.States[2].sum().item<double>(), 1e-7);

        // Hairer, Wanner II, IV.10: y(40) of the reference solution.
        Assert.AreEqual(0.7158, solution.States[1, 0, 0].item<double>(), 1e-4);
    }

    [TestMethod]
    public void The_backsolve_adjoint_gives_gradients_of_implicit_solves()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var dynamics = new MlpDynamics(2, [3], generator);
        dynamics.to(ScalarType.Float64);
        Tensor start = tensor(new[,] { { 0.4, -0.3 } });
        using OdeGradients implicitly = Gradients(Implicit with { GradientMethod = OdeGradientMethod.BacksolveAdjoint });
        using OdeGradients explicitly = Gradients(new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } });
        Assert.IsLessThan(1e-5, (implicitly.InitialState - explicitly.InitialState).abs().max().item<double>());
        Assert.IsLessThan(1e-5, (implicitly.Parameters - explicitly.Parameters).abs().max().item<double>());

        OdeGradients Gradients(OdeOptions options)
        {
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 1], options, differentiable: true);
            return solution.Backward(ones_like(solution.States));
        }
    }

    [TestMethod]
    public void A_solve_leaves_nothing_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = ones(2, 2, ScalarType.Float64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        OdeSolver.Solve(VanDerPol(5), start, [0, 1], Implicit).Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static FunctionTerm VanDerPol(double mu) => new((_, y) =>
    {
        Tensor a = y.select(1, 0);
        Tensor b = y.select(1, 1);
        return stack([b, (mu * (1 - a.square()) * b) - a], 1);
    });
}

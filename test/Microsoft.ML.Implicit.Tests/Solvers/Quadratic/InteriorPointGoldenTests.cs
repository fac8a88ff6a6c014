using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class InteriorPointGoldenTests
{
    [TestMethod]
    public void Solutions_multipliers_and_gradients_match_an_independent_implementation()
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("qp_dense");
        var problem = new QuadraticProblem(golden["Q"], golden["p"], golden["G"], golden["h"], golden["A"], golden["b"]);

        QuadraticSolution solution = new InteriorPointSolver().Solve(problem);

        Assert.IsTrue(solution.AllConverged);
        golden.AssertMatches("z", solution.Z, 1e-7);
        golden.AssertMatches("lam", solution.Lambda, 1e-7);
        golden.AssertMatches("nu", solution.Nu, 1e-7);
        QuadraticGradients gradients = solution.Backward(golden["c"].expand(solution.Z.shape));
        golden.AssertMatches("grad_Q", gradients.Q!, 1e-7);
        golden.AssertMatches("grad_p", gradients.P!, 1e-7);
        golden.AssertMatches("grad_G", gradients.G!, 1e-7);
        golden.AssertMatches("grad_h", gradients.H!, 1e-7);
        golden.AssertMatches("grad_A", gradients.A!, 1e-7);
        golden.AssertMatches("grad_b", gradients.B!, 1e-7);
    }
}

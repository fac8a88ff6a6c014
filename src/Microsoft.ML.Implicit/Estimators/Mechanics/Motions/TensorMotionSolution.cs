using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Motions that tensor operations solved.</summary>
internal sealed class TensorMotionSolution(OdeSolution solution, IReadOnlyList<Tensor> parameters) : IMotionSolution
{
    public Tensor States => solution.States;

    public IReadOnlyList<long> SoundRows => [.. Enumerable.Range(0, solution.Status.Count).Where(row => solution.Status[row] == SolveStatus.Converged).Select(row => (long)row)];

    public int Evaluations => solution.Statistics.Evaluations;

    public void Backward(Tensor cotangents)
    {
        using OdeGradients gradients = solution.Backward(cotangents);
        gradients.AccumulateInto(parameters);
    }

    public void Dispose() => solution.Dispose();
}

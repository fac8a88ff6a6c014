using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Motions that tensor operations solved.</summary>
internal sealed class TensorMotionSolution(OdeSolution solution, IReadOnlyList<Tensor> parameters) : IMotionSolution
{
    public Tensor States => solution.States;

    public IReadOnlyList<long> SoundRows { get; } = FindSoundRows(solution.States);

    public int Evaluations => solution.Statistics.Evaluations;

    public void Backward(Tensor cotangents)
    {
        using OdeGradients gradients = solution.Backward(cotangents);
        gradients.AccumulateInto(parameters);
    }

    public void Dispose() => solution.Dispose();

    private static long[] FindSoundRows(Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        bool[] sound = [.. states.abs().amax([0, 2]).le(IMotionSolution.Farthest.Held()).cpu().data<bool>()];
        return [.. Enumerable.Range(0, sound.Length).Where(row => sound[row]).Select(row => (long)row)];
    }
}

using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// A frozen <see cref="PredictionEnsemble"/> in managed memory, where small networks take a fraction of the time of tensor operations: weights
/// are packed once, and a block of rows goes through all networks while it lies in the cache. Safe to use from several threads at once.
/// </summary>
internal sealed unsafe class ManagedEnsemble : IDisposable
{
    // The weights of the first layer, which are the most, come into the cache once a block; a thread without a block idles.
    private const int SmallestBlock = 32;
    private const int LargestBlock = 128;

    private readonly ManagedBinEncoder _encoder;
    private readonly ManagedNetwork[] _networks;
    private readonly int _outputs;
    private readonly WorkspacePool<Workspace> _workspaces;

    /// <param name="encoder">The encoder.</param>
    /// <param name="networks">The networks, all of the same sizes; the ensemble owns them.</param>
    public ManagedEnsemble(ManagedBinEncoder encoder, ManagedNetwork[] networks)
    {
        (_encoder, _networks, _outputs) = (encoder, networks, networks[0].OutputWidth);
        _workspaces = new WorkspacePool<Workspace>(() => new Workspace(encoder, networks[0]));
    }

    /// <summary>Evaluates all networks.</summary>
    /// <param name="rows">Features that the encoder can read.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="outputs">Receives [rows, networks, outputs].</param>
    /// <param name="evaluations">Receives in addition what the solves of each row evaluated; null where nobody asks.</param>
    public void Evaluate(VBuffer<float>[] rows, int count, float[] outputs, float[]? evaluations)
    {
        if (count <= SmallestBlock)
        {
            EvaluateBlock(rows, 0, count, outputs, evaluations);
        }
        else
        {
            EvaluateBlocks(rows, count, outputs, evaluations);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspaces.Dispose();
        foreach (ManagedNetwork network in _networks)
        {
            network.Dispose();
        }
    }

    private void EvaluateBlocks(VBuffer<float>[] rows, int count, float[] outputs, float[]? evaluations)
    {
        int threads = get_num_threads();
        int length = Math.Clamp(count / threads, SmallestBlock, LargestBlock);
        long work = length * _networks.Sum(network => network.Work);
        new TileLoop((count + length - 1) / length, threads, work).Run((_, block) =>
        {
            int first = block * length;
            EvaluateBlock(rows, first, Math.Min(length, count - first), outputs, evaluations);
        });
    }

    private void EvaluateBlock(VBuffer<float>[] rows, int first, int count, float[] outputs, float[]? evaluations)
    {
        Workspace workspace = _workspaces.Rent();
        workspace.Inputs.Clear();
        for (int row = 0; row < count; row++)
        {
            rows[first + row].CopyTo(workspace.Features);
            _encoder.Encode(workspace.Features, workspace.Inputs);
        }

        for (int network = 0; network < _networks.Length; network++)
        {
            ManagedNetwork member = _networks[network];
            float* states = workspace.Solver.Solve(member, workspace.Inputs, evaluations is null ? [] : evaluations.AsSpan(first, count));
            member.Head.Evaluate(states, workspace.Solver.Stride, count, workspace.Outputs.Pointer, member.Head.Stride);
            for (int row = 0; row < count; row++)
            {
                new ReadOnlySpan<float>(workspace.Outputs.Pointer + ((long)row * member.Head.Stride), _outputs)
                    .CopyTo(outputs.AsSpan((((first + row) * _networks.Length) + network) * _outputs));
            }
        }

        _workspaces.Return(workspace);
    }

    private sealed class Workspace(ManagedBinEncoder encoder, ManagedNetwork network) : IDisposable
    {
        public float[] Features { get; } = new float[encoder.FeatureCount];

        public CodedRows Inputs { get; } = new(LargestBlock, encoder.LeadingWidth);

        public AlignedBuffer Outputs { get; } = new((long)LargestBlock * network.Head.Stride);

        public ManagedSolver Solver { get; } = network.CreateSolver(LargestBlock);

        public void Dispose()
        {
            Inputs.Dispose();
            Outputs.Dispose();
            Solver.Dispose();
        }
    }
}

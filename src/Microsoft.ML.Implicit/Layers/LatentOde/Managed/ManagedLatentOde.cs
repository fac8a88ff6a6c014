using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde.Managed;

/// <summary>
/// A frozen <see cref="LatentOdeNetwork"/> in managed memory, where small networks take a fraction of the time of tensor operations: weights are
/// packed once, and a few rows go through encoder, path and decoder while they lie in the cache. Safe to use from several threads at once.
/// </summary>
/// <remarks>What is predicted of a row does not depend on the rows beside it.</remarks>
internal sealed unsafe class ManagedLatentOde : IDisposable
{
    private const int RowsAtOnce = 32;

    private readonly ManagedGruRows _encoder;
    private readonly ManagedHead _posterior;
    private readonly ManagedLatentPath _path;
    private readonly ManagedHead _decoder;
    private readonly int _variables;

    /// <param name="encoder">Encoder of histories; the network owns all of its parts.</param>
    /// <param name="posterior">From the encoder's state and the last features to the latent initial state.</param>
    /// <param name="path">The path of latent states.</param>
    /// <param name="decoder">From a latent state and features of its time to means and what scales are made of.</param>
    /// <param name="variables">Number of variables.</param>
    public ManagedLatentOde(ManagedGruRows encoder, ManagedHead posterior, ManagedLatentPath path, ManagedHead decoder, int variables)
    {
        (_encoder, _posterior, _path, _decoder, _variables) = (encoder, posterior, path, decoder, variables);
    }

    /// <summary>Lets an encoder's state take in an observation.</summary>
    /// <param name="state">The state, which is replaced.</param>
    /// <param name="features">The observation.</param>
    public void Encode(Span<float> state, ReadOnlySpan<float> features)
    {
        using var scratch = new AlignedBuffer(_encoder.Stride + _encoder.ScratchLength);
        var padded = new Span<float>(scratch.Pointer, state.Length);
        state.CopyTo(padded);
        fixed (float* input = features)
        {
            _encoder.Step(input, 1, scratch.Pointer, scratch.Pointer + _encoder.Stride);
        }

        padded.CopyTo(state);
    }

    /// <summary>Predicts at the mean of the posterior.</summary>
    /// <param name="inputs">The batch.</param>
    /// <param name="state">The encoder's state of the batch's one row, or <see langword="null"/> to read the histories.</param>
    /// <param name="means">Added to: [batch, targets, variables].</param>
    /// <param name="scales">Added to, likewise.</param>
    public void Predict(LatentOdeInputs inputs, float[]? state, float[] means, float[] scales)
    {
        // The longest first, so that those that are still read lie side by side.
        int[][] tiles = [.. Enumerable.Range(0, inputs.Count).OrderByDescending(row => inputs.LastIndices[row]).Chunk(RowsAtOnce)];
        long work = RowsAtOnce * ((inputs.HistoryLength * _encoder.Work) + _posterior.Work + (inputs.Grid.Length * _path.StepWork) + (inputs.TargetCount * _decoder.Work));
        new TileLoop(tiles.Length, get_num_threads(), work).Run((_, tile) => PredictTile(inputs, tiles[tile], state, means, scales));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder.Dispose();
        _posterior.Dispose();
        _path.Dispose();
        _decoder.Dispose();
    }

    private void PredictTile(LatentOdeInputs inputs, int[] rows, float[]? state, float[] means, float[] scales)
    {
        using var encoded = new AlignedBuffer(rows.Length * _encoder.Stride);
        if (state is null)
        {
            ReadHistories(inputs, rows, encoded.Pointer);
        }
        else
        {
            state.CopyTo(new Span<float>(encoded.Pointer, _encoder.Width));
        }

        using var starts = new AlignedBuffer(rows.Length * _posterior.Stride);
        FindStarts(inputs, rows, encoded.Pointer, starts.Pointer);
        int targets = rows.Length * inputs.TargetCount;
        int features = inputs.TargetFeatures.Length / (inputs.Count * inputs.TargetCount);
        int stride = _path.Latent + features;
        using var points = new AlignedBuffer((long)targets * stride);
        _path.Follow(inputs, rows, starts.Pointer, _posterior.Stride, points.Pointer, stride);
        for (int target = 0; target < targets; target++)
        {
            int place = (rows[target / inputs.TargetCount] * inputs.TargetCount) + (target % inputs.TargetCount);
            inputs.TargetFeatures.AsSpan(place * features, features).CopyTo(new Span<float>(points.Pointer + ((long)target * stride) + _path.Latent, features));
        }

        Decode(inputs, rows, points.Pointer, stride, means, scales);
    }

    private void ReadHistories(LatentOdeInputs inputs, int[] rows, float* states)
    {
        int width = _encoder.Inputs;
        using var features = new AlignedBuffer(rows.Length * width);
        using var scratch = new AlignedBuffer(rows.Length * _encoder.ScratchLength);
        int active = rows.Length;
        for (int step = 0; step <= inputs.LastIndices[rows[0]]; step++)
        {
            while (inputs.LastIndices[rows[active - 1]] < step)
            {
                active--;
            }

            for (int row = 0; row < active; row++)
            {
                inputs.History.AsSpan(((rows[row] * inputs.HistoryLength) + step) * width, width).CopyTo(new Span<float>(features.Pointer + (row * width), width));
            }

            _encoder.Step(features.Pointer, active, states, scratch.Pointer);
        }
    }

    private void FindStarts(LatentOdeInputs inputs, int[] rows, float* encoded, float* starts)
    {
        int width = _encoder.Inputs;
        int stride = _encoder.Width + width;
        using var joined = new AlignedBuffer(rows.Length * stride);
        using var scratch = new AlignedBuffer(rows.Length * _posterior.ScratchLength);
        for (int row = 0; row < rows.Length; row++)
        {
            var destination = new Span<float>(joined.Pointer + (row * stride), stride);
            new ReadOnlySpan<float>(encoded + (row * _encoder.Stride), _encoder.Width).CopyTo(destination);
            int last = (rows[row] * inputs.HistoryLength) + (int)inputs.LastIndices[rows[row]];
            inputs.History.AsSpan(last * width, width).CopyTo(destination[_encoder.Width..]);
        }

        _posterior.Evaluate(joined.Pointer, stride, rows.Length, starts, scratch.Pointer);
    }

    private void Decode(LatentOdeInputs inputs, int[] rows, float* points, int stride, float[] means, float[] scales)
    {
        int targets = inputs.TargetCount;
        using var outputs = new AlignedBuffer(targets * _decoder.Stride);
        using var scratch = new AlignedBuffer(targets * _decoder.ScratchLength);
        for (int row = 0; row < rows.Length; row++)
        {
            _decoder.Evaluate(points + ((long)row * targets * stride), stride, targets, outputs.Pointer, scratch.Pointer);
            for (int target = 0; target < targets; target++)
            {
                float* decoded = outputs.Pointer + (target * _decoder.Stride);
                int place = ((rows[row] * targets) + target) * _variables;
                for (int v = 0; v < _variables; v++)
                {
                    means[place + v] += decoded[v];
                    scales[place + v] += LatentNetwork.Scale(decoded[_variables + v]);
                }
            }
        }
    }
}

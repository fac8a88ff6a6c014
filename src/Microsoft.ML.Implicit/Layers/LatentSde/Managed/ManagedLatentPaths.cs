using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Layers.LatentSde.Managed;

/// <summary>
/// What <see cref="LatentPaths"/> and the decoder do by tensor operations, in managed memory: the paths of a row go through a step while they lie in the cache, and a
/// row is followed no further than its last target.
/// </summary>
/// <remarks>The paths of a row do not depend on the rows beside it.</remarks>
internal sealed unsafe class ManagedLatentPaths : IDisposable
{
    private readonly LatentPathMethod _method;
    private readonly PanelAffine[] _drift;
    private readonly ManagedDiffusion _diffusion;
    private readonly ManagedHead _decoder;
    private readonly int _latent;
    private readonly int _variables;
    private readonly PathNoise _noise;
    private readonly double[] _times;
    private readonly float[]? _controls;
    private readonly float[] _features;
    private readonly float[] _thetas;
    private readonly (int Lower, int Target)[][] _targets;
    private readonly AlignedBuffer _states;

    /// <param name="method">The method.</param>
    /// <param name="drift">Layers of the drift over state and controls together; these paths own them, the diffusion and the decoder.</param>
    /// <param name="diffusion">Makes the diffusion for a distance between states.</param>
    /// <param name="decoder">From a state and the features of its time to means and what scales are made of.</param>
    /// <param name="sizes">Widths of the state and of what is observed.</param>
    /// <param name="query">The times.</param>
    /// <param name="noise">The noise.</param>
    public ManagedLatentPaths(
        LatentPathMethod method, PanelAffine[] drift, Func<int, ManagedDiffusion> diffusion, ManagedHead decoder, (int Latent, int Variables) sizes, LatentQuery query, PathNoise noise)
    {
        _method = method;
        (_drift, _decoder, _latent, _variables, _noise) = (drift, decoder, sizes.Latent, sizes.Variables, noise);
        _diffusion = diffusion(Stride);
        _times = [.. query.Grid.Select(time => time * LatentNetwork.HorizonLength)];
        (_controls, _features, _thetas) = (query.Controls?.ReadSingles(), query.TargetFeatures.ReadSingles(), query.Thetas.ReadSingles());
        long[] lower = query.Lower;
        ILookup<int, (int Lower, int Target)> targets = Enumerable.Range(0, lower.Length).ToLookup(i => (int)(lower[i] % noise.Rows), i => ((int)(lower[i] / noise.Rows), i));
        _targets = [.. Enumerable.Range(0, noise.Rows).Select(row => targets[row].OrderBy(target => target.Lower).ToArray())];
        _states = new AlignedBuffer((long)noise.Rows * Length);
        Means = new float[(long)lower.Length * noise.Paths * _variables];
        Scales = new float[Means.Length];
    }

    /// <summary>Means of what is observed, [targets, paths, variables].</summary>
    public float[] Means { get; }

    /// <summary>Its scales, likewise.</summary>
    public float[] Scales { get; }

    private int Stride => _drift[^1].Stride;

    private int Length => _noise.Paths * Stride;

    // Evaluations of the drift in a step.
    private int Evaluations => _method == LatentPathMethod.Heun ? 2 : 1;

    // Most steps whose noise is in memory at once.
    private int StepsAtOnce => Math.Min(32, _times.Length - 1);

    /// <summary>Simulates.</summary>
    /// <param name="mean">Mean of the initial states, [rows, latent].</param>
    /// <param name="logVariance">Logarithm of their variance, likewise.</param>
    /// <param name="cancellationToken">Looked at every few steps.</param>
    public void Simulate(float[] mean, float[] logVariance, CancellationToken cancellationToken)
    {
        long work = (long)_noise.Paths * (((_times.Length - 1) * Evaluations * _drift.Sum(layer => layer.Work)) + (_thetas.Length / _noise.Rows * _decoder.Work));
        var loop = new TileLoop(_noise.Rows, get_num_threads(), work);
        if (!_noise.IsCommon)
        {
            loop.Run((_, row) =>
            {
                using PathIncrements own = Increments(_noise.Seeds[(row * _noise.Paths)..((row + 1) * _noise.Paths)]);
                Start(row, own, mean, logVariance);
                ForStepsAtOnce(own, (first, last) => Advance(row, own, first, last), cancellationToken);
            });
            return;
        }

        using PathIncrements common = Increments(_noise.Seeds);
        loop.Run((_, row) => Start(row, common, mean, logVariance));
        ForStepsAtOnce(common, (first, last) => loop.Run((_, row) => Advance(row, common, first, last)), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_drift, layer => layer.Dispose());
        _diffusion.Dispose();
        _decoder.Dispose();
        _states.Dispose();
    }

    private void ForStepsAtOnce(PathIncrements increments, Action<int, int> advance, CancellationToken cancellationToken)
    {
        for (int first = 0; first < _times.Length - 1; first += StepsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int last = Math.Min(first + StepsAtOnce, _times.Length - 1);
            increments.Read(first, last);
            advance(first, last);
        }
    }

    private PathIncrements Increments(long[] seeds) =>
        new(_noise, seeds, _times, _latent, Stride, StepsAtOnce, hasAreas: Array.Exists(_thetas, theta => LatentPaths.AreaShare(theta) > 0));

    private void Start(int row, PathIncrements increments, float[] mean, float[] logVariance)
    {
        float* state = _states.Pointer + ((long)row * Length);
        increments.ReadInitial(state);
        for (int d = 0; d < _latent; d++)
        {
            float center = mean[(row * _latent) + d], scale = MathF.Exp(logVariance[(row * _latent) + d] / 2);
            for (int path = 0; path < _noise.Paths; path++)
            {
                state[(path * Stride) + d] = center + (scale * state[(path * Stride) + d]);
            }
        }
    }

    private void Advance(int row, PathIncrements increments, int first, int last)
    {
        int next = Array.FindIndex(_targets[row], target => target.Lower >= first);
        if (next < 0)
        {
            return;
        }

        using var memory = new PathMemory(Length, _noise.Paths * _drift.Max(layer => layer.Stride));
        float* state = _states.Pointer + ((long)row * Length);
        for (int step = first; step < last && next < _targets[row].Length; step++)
        {
            new ReadOnlySpan<float>(state, Length).CopyTo(new Span<float>(memory.Before, Length));
            Step(row, step, state, increments.Increment(step), memory);
            for (; next < _targets[row].Length && _targets[row][next].Lower == step; next++)
            {
                int target = _targets[row][next].Target;
                Decode(target, memory.Before, state, memory.Values, LatentPaths.AreaShare(_thetas[target]) > 0 ? increments.Area(step) : null);
            }
        }
    }

    private void Step(int row, int step, float* state, float* increment, PathMemory memory)
    {
        float size = (float)(_times[step + 1] - _times[step]);
        Evaluate(row, step, state, memory.Slopes, memory.Values, memory);
        _diffusion.Step(state, memory.Slopes, memory.Values, increment, size, _noise.Paths);
        if (_method != LatentPathMethod.Heun)
        {
            return;
        }

        Evaluate(row, step + 1, state, memory.EndSlopes, memory.EndValues, memory);
        Span<float> slopes = new(memory.EndSlopes, Length), values = new(memory.EndValues, Length);
        TensorPrimitives.Add(slopes, new ReadOnlySpan<float>(memory.Slopes, Length), slopes);
        TensorPrimitives.Add(values, new ReadOnlySpan<float>(memory.Values, Length), values);
        TensorPrimitives.Multiply(values, 0.5f, values);
        new ReadOnlySpan<float>(memory.Before, Length).CopyTo(new Span<float>(state, Length));
        _diffusion.Step(state, memory.EndSlopes, memory.EndValues, increment, size / 2, _noise.Paths);
    }

    // f, less by what the equation's form asks for, and g less its least value.
    private void Evaluate(int row, int step, float* state, float* slopes, float* values, PathMemory memory)
    {
        SetControls(row, step, state);
        Evaluate(state, slopes, memory.Hidden);
        if (_method == LatentPathMethod.Heun)
        {
            _diffusion.EvaluateStratonovich(state, _noise.Paths, values, slopes, memory.Hidden);
        }
        else
        {
            _diffusion.Evaluate(state, _noise.Paths, values, memory.Hidden);
        }
    }

    private void SetControls(int row, int step, float* state)
    {
        int count = (_controls?.Length ?? 0) / (_times.Length * _noise.Rows);
        for (int path = 0; path < _noise.Paths && count > 0; path++)
        {
            _controls.AsSpan(((step * _noise.Rows) + row) * count, count).CopyTo(new Span<float>(state + (path * Stride) + _latent, count));
        }
    }

    private void Evaluate(float* state, float* slopes, float* hidden)
    {
        float* input = state;
        int inputStride = Stride;
        for (int i = 0; i < _drift.Length; i++)
        {
            bool isLast = i == _drift.Length - 1;
            float* output = isLast ? slopes : hidden + (i % 2 * _noise.Paths * _drift.Max(layer => layer.Stride));
            _drift[i].Evaluate(input, inputStride, _noise.Paths, output, _drift[i].Stride);
            if (!isLast)
            {
                VectorizedActivation.Tanh(output, _noise.Paths * _drift[i].Stride);
            }

            input = output;
            inputStride = _drift[i].Stride;
        }
    }

    private void Decode(int target, float* before, float* after, float* values, float* areas)
    {
        int features = _features.Length / _thetas.Length, stride = _latent + features;
        using var points = new AlignedBuffer((long)_noise.Paths * stride);
        using var outputs = new AlignedBuffer((long)_noise.Paths * _decoder.Stride);
        using var scratch = new AlignedBuffer((long)_noise.Paths * _decoder.ScratchLength);
        for (int path = 0; path < _noise.Paths; path++)
        {
            int place = path * Stride;
            float* point = points.Pointer + (path * stride);
            _diffusion.Interpolate(before + place, after + place, values + place, areas == null ? null : areas + place, _thetas[target], (float)LatentPaths.AreaShare(_thetas[target]), _latent, point);
            _features.AsSpan(target * features, features).CopyTo(new Span<float>(point + _latent, features));
        }

        _decoder.Evaluate(points.Pointer, stride, _noise.Paths, outputs.Pointer, scratch.Pointer);
        for (int path = 0; path < _noise.Paths; path++)
        {
            float* decoded = outputs.Pointer + (path * _decoder.Stride);
            for (int v = 0; v < _variables; v++)
            {
                long place = ((((long)target * _noise.Paths) + path) * _variables) + v;
                Means[place] = decoded[v];
                Scales[place] = LatentNetwork.Scale(decoded[_variables + v]);
            }
        }
    }
}

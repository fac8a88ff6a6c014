using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.LatentOde.Managed;

/// <summary>
/// The path of the latent states of a few rows by the classical Runge-Kutta method, a step from each grid time to the next, and what cubic Hermite
/// interpolation makes of it in between.
/// </summary>
/// <param name="dynamics">Layers of the dynamics over state and controls together; the path owns them.</param>
/// <param name="latent">Width of the state.</param>
internal sealed unsafe class ManagedLatentPath(PanelAffine[] dynamics, int latent) : IDisposable
{
    private const int Stages = 4;

    private readonly int _stride = dynamics[^1].Stride;

    /// <summary>Width of the state.</summary>
    public int Latent => latent;

    /// <summary>Multiplications of a step of one row.</summary>
    public long StepWork => Stages * dynamics.Sum(layer => layer.Work);

    /// <summary>Finds the states at the targets.</summary>
    /// <param name="inputs">The batch.</param>
    /// <param name="rows">Which of its rows.</param>
    /// <param name="starts">Their states at the first grid time.</param>
    /// <param name="startStride">Floats from one to the next.</param>
    /// <param name="points">Receives the states at the targets of each row in turn.</param>
    /// <param name="pointStride">Floats from one to the next.</param>
    public void Follow(LatentOdeInputs inputs, int[] rows, float* starts, int startStride, float* points, int pointStride)
    {
        int length = rows.Length * _stride;
        using var memory = new AlignedBuffer((3L + Stages + 1) * length);
        using var hidden = new AlignedBuffer((long)rows.Length * dynamics.Sum(layer => layer.Stride));
        float* state = memory.Pointer;
        float* before = state + length;
        float* stage = before + length;
        float* slopes = stage + length;
        float* slopeBefore = slopes + (Stages * length);
        for (int row = 0; row < rows.Length; row++)
        {
            new ReadOnlySpan<float>(starts + (row * startStride), latent).CopyTo(new Span<float>(state + (row * _stride), latent));
        }

        (int Lower, int Target)[] targets = [.. Targets(inputs, rows).OrderBy(target => target.Lower)];
        int next = 0;
        for (int node = 0; next < targets.Length; node++)
        {
            SetControls(inputs, rows, node, 0, state);
            Evaluate(state, rows.Length, slopes, hidden.Pointer);
            for (; next < targets.Length && targets[next].Lower == node - 1; next++)
            {
                int target = targets[next].Target;
                int row = target / inputs.TargetCount * _stride;
                float theta = inputs.Thetas[(rows[target / inputs.TargetCount] * inputs.TargetCount) + (target % inputs.TargetCount)];
                Interpolate(before + row, slopeBefore + row, state + row, slopes + row, Size(inputs, node - 1), theta, points + ((long)target * pointStride));
            }

            if (next < targets.Length)
            {
                new ReadOnlySpan<float>(state, length).CopyTo(new Span<float>(before, length));
                new ReadOnlySpan<float>(slopes, length).CopyTo(new Span<float>(slopeBefore, length));
                TakeStep(inputs, rows, node, Size(inputs, node), state, stage, slopes, hidden.Pointer);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(dynamics, layer => layer.Dispose());

    // In the dynamics' own unit of time.
    private static float Size(LatentOdeInputs inputs, int node) => (float)((inputs.Grid[node + 1] - inputs.Grid[node]) * LatentNetwork.HorizonLength);

    private static IEnumerable<(int Lower, int Target)> Targets(LatentOdeInputs inputs, int[] rows)
    {
        for (int target = 0; target < rows.Length * inputs.TargetCount; target++)
        {
            int place = (rows[target / inputs.TargetCount] * inputs.TargetCount) + (target % inputs.TargetCount);
            yield return ((int)(inputs.LowerIndices[place] / inputs.Count), target);
        }
    }

    // The first slope is there already.
    private void TakeStep(LatentOdeInputs inputs, int[] rows, int node, float step, float* state, float* stage, float* slopes, float* hidden)
    {
        int length = rows.Length * _stride;
        for (int k = 1; k < Stages; k++)
        {
            float fraction = k == Stages - 1 ? 1 : 0.5f;
            TileAlgebra.Combine(state, slopes + ((k - 1) * length), [fraction * step], length, stage);
            SetControls(inputs, rows, node, fraction, stage);
            Evaluate(stage, rows.Length, slopes + (k * length), hidden);
        }

        TileAlgebra.Combine(state, slopes, [step / 6, step / 3, step / 3, step / 6], length, state);
    }

    private void SetControls(LatentOdeInputs inputs, int[] rows, int node, float fraction, float* states)
    {
        int count = (inputs.Controls?.Length ?? 0) / (inputs.Grid.Length * inputs.Count);
        for (int row = 0; row < rows.Length && count > 0; row++)
        {
            float* controls = states + (row * _stride) + latent;
            int place = ((node * inputs.Count) + rows[row]) * count;
            for (int c = 0; c < count; c++)
            {
                float here = inputs.Controls![place + c];
                controls[c] = fraction == 0 ? here : here + (fraction * (inputs.Controls[place + (inputs.Count * count) + c] - here));
            }
        }
    }

    private void Evaluate(float* points, int rows, float* slopes, float* hidden)
    {
        float* input = points;
        int inputStride = _stride;
        for (int i = 0; i < dynamics.Length; i++)
        {
            PanelAffine layer = dynamics[i];
            bool isLast = i == dynamics.Length - 1;
            float* output = isLast ? slopes : hidden;
            layer.Evaluate(input, inputStride, rows, output, layer.Stride);
            if (!isLast)
            {
                VectorizedActivation.Tanh(output, rows * layer.Stride);
                hidden += rows * layer.Stride;
            }

            input = output;
            inputStride = layer.Stride;
        }
    }

    private void Interpolate(float* start, float* startSlope, float* end, float* endSlope, float step, float theta, float* point)
    {
        for (int d = 0; d < latent; d++)
        {
            float difference = end[d] - start[d];
            float first = step * startSlope[d];
            float cubic = first + (step * endSlope[d]) - (2 * difference);
            float quadratic = difference - first - cubic;
            point[d] = start[d] + (theta * (first + (theta * (quadratic + (theta * cubic)))));
        }
    }
}

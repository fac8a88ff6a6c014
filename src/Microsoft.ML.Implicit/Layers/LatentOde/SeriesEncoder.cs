using Microsoft.ML.Implicit.Layers.LatentOde.Managed;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>Summarises irregularly sampled histories, observation by observation.</summary>
internal abstract class SeriesEncoder(string name, long stateWidth) : nn.Module(name)
{
    /// <summary>Width of the state.</summary>
    public long StateWidth { get; } = stateWidth;

    /// <summary>Whether <see cref="Step"/> gives what <see cref="Encode"/> does, observation by observation.</summary>
    public virtual bool IsIncremental => true;

    /// <summary>A copy with fixed weights in managed memory, or <see langword="null"/> where there is none for encoders of this kind.</summary>
    public virtual ManagedGruRows? CreateManaged() => null;

    /// <summary>Reads whole histories.</summary>
    /// <param name="history">float32 [batch, observations, features].</param>
    /// <param name="gaps">float32 [batch, observations]: time since the observation before.</param>
    /// <param name="lastIndices">int64 [batch]: index of each row's last observation; what follows is padding.</param>
    /// <returns>State after each row's last observation, [batch, state].</returns>
    public virtual Tensor Encode(Tensor history, Tensor gaps, Tensor lastIndices)
    {
        Tensor state = zeros([history.shape[0], StateWidth], history.dtype, history.device);
        for (long i = 0; i < history.shape[1]; i++)
        {
            Tensor isRead = (lastIndices >= i.Held()).unsqueeze(1);
            state = where(isRead, Step(state, history.select(1, i), gaps.select(1, i).unsqueeze(1)), state);
        }

        return state;
    }

    /// <summary>Reads histories to be pulled back later.</summary>
    /// <param name="history">float32 [histories, observations, features].</param>
    /// <param name="gaps">float32 [histories, observations]: time since the observation before.</param>
    /// <param name="lastIndices">int64 [histories]: index of each one's last observation; what follows is padding.</param>
    /// <param name="places">int64 [batch]: the observations after which states are wanted, among those of all histories, padding included.</param>
    /// <returns>The states, [batch, state], with their pullback.</returns>
    public virtual SeriesEncoding EncodeForTraining(Tensor history, Tensor gaps, Tensor lastIndices, Tensor places)
    {
        Tensor rows = places.div(history.shape[1].Held(), RoundingMode.floor);
        return new SeriesEncoding.OfGraph(Encode(history.index_select(0, rows), gaps.index_select(0, rows), places - (rows * history.shape[1].Held())));
    }

    /// <summary>Reads one observation.</summary>
    /// <param name="state">State after the observation before, [batch, state]; zeros before the first.</param>
    /// <param name="features">[batch, features].</param>
    /// <param name="gap">Time since the observation before, [batch, 1].</param>
    /// <returns>The new state.</returns>
    public abstract Tensor Step(Tensor state, Tensor features, Tensor gap);
}

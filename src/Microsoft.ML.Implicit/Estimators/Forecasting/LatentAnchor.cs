namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Where in time the latent initial state stands.</summary>
public enum LatentAnchor
{
    /// <summary>At the last observation: the encoder runs forward, and only the future is solved for. The default.</summary>
    LastObservation,

    /// <summary>At the first observation: the encoder runs backward, and history and future are one solution (Rubanova, Chen and Duvenaud, 2019).</summary>
    FirstObservation,
}

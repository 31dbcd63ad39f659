// SPDX-License-Identifier: Apache-2.0

/** A deployment of a payment service: init container, requests and limits, all three probes. */
export const PAYMENTS_API = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: payments-api
spec:
  replicas: 3
  selector:
    matchLabels:
      app: payments-api
  template:
    metadata:
      labels:
        app: payments-api
    spec:
      initContainers:
        - name: wait-for-db
          image: busybox:1.36
          command: ['sh', '-c', 'until nc -z postgres:5432; do sleep 2; done']
      containers:
        - name: payments-api
          image: company/payments-api:v2.1.4
          ports:
            - containerPort: 8080
          resources:
            requests:
              cpu: "500m"
              memory: "512Mi"
            limits:
              cpu: "2"
              memory: "2Gi"
          livenessProbe:
            httpGet:
              path: /healthz
              port: 8080
            initialDelaySeconds: 15
            periodSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /ready
              port: 8080
            initialDelaySeconds: 5
            periodSeconds: 5
          startupProbe:
            httpGet:
              path: /startup
              port: 8080
            failureThreshold: 30
            periodSeconds: 10
`;

/** What the payment service waits for. */
export const POSTGRES = `apiVersion: v1
kind: Pod
metadata:
  name: postgres
  labels:
    app: postgres
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: postgres
      image: busybox:1.36
      command: ["nc", "-ll", "-p", "5432", "-e", "true"]
---
apiVersion: v1
kind: Service
metadata:
  name: postgres
spec:
  selector:
    app: postgres
  ports:
    - port: 5432
`;

/** A pod from which tests ask others. */
export const CLIENT = `apiVersion: v1
kind: Pod
metadata:
  name: client
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: busybox:1.36
      command: ["sleep", "1000000"]
`;
